"""python -m benchmarks [people …]: the benchmark of the engine, on the database that the environment names."""

from .engine import main

main()
