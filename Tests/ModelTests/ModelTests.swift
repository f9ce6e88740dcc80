// ModelTests: the units, digests, numbers and texts that everything else is built on.
