// TestKit: what several test targets share: golden files, builders, a test clock.
