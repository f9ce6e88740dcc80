// streamgate: the executable; everything that it does is in App.
//
// It passes the arguments on and ends the process with the code that comes back.

import App
import Glibc

exit(await App.main(arguments: Array(CommandLine.arguments.dropFirst())))
