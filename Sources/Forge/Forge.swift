// Forge: which pipeline this is, where a commit stands in its history, and what is said of it in
// its pull request.
//
// What a pipeline is, is a pure function of its variables. Git is asked by posix_spawn without a
// shell, with a limit on time and output for each question; nothing is changed in the repository,
// and no network is reached through git. Nothing here judges: what an answer means for a baseline
// is the gate's business, and what a comment says is the reports'.
