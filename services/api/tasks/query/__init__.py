"""The query language of the task list: one line of text, judged in one place.

`words.py` cuts the line, `fields.py` says what may be asked, `reading.py` makes terms of both. The
page, a saved view, a bulk change and the command line hand over the same line, so they mean the
same tasks. Pure; `services/api/store/task_filter.py` turns terms into SQL.
"""
