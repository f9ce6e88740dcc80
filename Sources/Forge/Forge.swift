// Forge: where a commit stands in its history.
//
// It asks git, by posix_spawn without a shell, with a limit on time and output for each question.
// It changes nothing in the repository, reaches no network through git, and judges nothing: what
// an answer means for a baseline is the gate's business.
