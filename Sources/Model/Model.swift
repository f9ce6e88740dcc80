// Model: the values that every other target passes on.
//
// It holds value types (stream sample, outcome, run record, verdict), units of time, the seeded
// generator, SHA-256, and JSON text in and out. It does no I/O, reads no clock, decides nothing.
