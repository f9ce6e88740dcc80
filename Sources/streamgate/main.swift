import App
import Glibc

exit(await App.main(arguments: Array(CommandLine.arguments.dropFirst())))
