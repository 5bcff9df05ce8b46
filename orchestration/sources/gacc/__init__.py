"""China's customs (GACC): the exports that people download from the query site, and when a month comes out there.

Belongs here: all that can be said of such a file by itself. Not here: what was asked of the site (`landing.scope`), and
fetching, since the site must not be automated. What the files look like: docs/receiving.md.
"""

SOURCE = "gacc"
REPORTER = "CHN"
#: Chapters of the tariff; 77 is reserved, and 99 came with the year below.
CHAPTERS = tuple(f"{n:02d}" for n in range(1, 99) if n != 77)
CHAPTER_99_SINCE = 2021
