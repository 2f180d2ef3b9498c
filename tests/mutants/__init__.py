"""Do the tests notice when a line of the product is wrong?

    python -m tests.mutants --list mutants.json                      # draw, and write the list
    python -m tests.mutants --mutants mutants.json --out before.jsonl
    python -m tests.mutants --mutants mutants.json --out after.jsonl --tree ../other-checkout

About a hundred mutants are drawn, spread evenly over areas and kinds; each is one small change of
one line. A mutant is applied in a copy of the checkout, and the tests near it run there until one
fails. What is drawn depends on the seed and the sources alone. A mutant is known by its file, the
text of its line and the change, so that one list judges the tests of two checkouts; one whose line
is no longer there is reported as gone.

The figures compare two sets of tests; by themselves they say little, for some mutants change
nothing that can be seen. Left out are tests that start a whole system, a browser or containers.
"""
