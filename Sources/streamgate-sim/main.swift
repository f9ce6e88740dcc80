// streamgate-sim: a simulated LLM service with known timing and scripted faults.
//
// One thread, one epoll loop. It answers in every dialect over HTTP/1.1, keeps a ledger of
// when each token was due and when it left, and puts faults on the wire byte by byte, which a
// framework that frames for you cannot. It is no proxy, runs no model, speaks no TLS, and takes
// any token unless told to ask for its own. It drives and measures nothing.

import ArgumentParser

SimulatorCommand.main()
