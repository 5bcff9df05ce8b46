"""UN Comtrade's annual answers, received as documents: each figure is a control total of twelve months.

Belongs here: which rows of such an answer are figures. Not here: monthly answers, and how a row is read (`comtrade`).
"""
