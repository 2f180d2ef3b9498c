"""One rule a file: `problems(objects)` returns a sentence for each thing that is wrong."""
