"""The command line: collects, calls, prints. Nothing below it prints or exits."""
