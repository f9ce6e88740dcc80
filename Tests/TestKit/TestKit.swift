// TestKit: what several test targets share: golden files, tolerances, sample builders, a test
// clock, a temporary folder.
//
// It knows Model and nothing above it, holds no test of its own and never reaches the network.
