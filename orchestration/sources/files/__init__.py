"""What the parsers of several sources share: text files, their encodings and line ends.

Belongs here: files as such. Not here: anything that a publisher decides. Which damages are refused: docs/receiving.md.
"""
