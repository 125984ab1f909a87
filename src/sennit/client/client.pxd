# `Client` stays a class of Python's: a program may derive from it.
from .request cimport Request as CompiledRequest
import cython
