// ForgeTests: git asked about real repositories, made anew for each test.
