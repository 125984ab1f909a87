# Compiled as it is; its classes stay Python's, so that a program can derive from them.
