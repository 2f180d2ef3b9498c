"""The whole system in containers: the real Dockerfile, the real compose file, a real engine.

engine.py      a Docker engine of its own, ended with the test
images.py      base images where no registry can be reached, and the image of this checkout
project.py     what one does with `docker compose`: up, scale, kill, cut off, look
book.py        minutes, and what was measured
stage.py       a load, a witness, and the judgement by the checker's rules
story.py       what is done to the system, in order; `python -m tests.compose` runs it
overrides.py   what each of the overrides is for, put over the system of the story
scaling.py     how many runs a second one executor does, and four
test_static*   what needs no engine: part of `make test`
"""
