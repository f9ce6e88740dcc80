// Gate: from samples to a run's numbers, and from runs to a verdict.
//
// It makes the cells, rates, objective figures and report figures of a run, chooses the baseline,
// and judges. It is deterministic: the same runs in any order give the same verdict. It reads no
// store, no clock and no git; whoever calls it brings runs, times and ancestry.

/// The entry points: `summarize`, `judge` and `differences`.
public enum Gate {}
