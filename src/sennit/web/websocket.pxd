# The functions are compiled; the class stays one of Python, since it is generic.
