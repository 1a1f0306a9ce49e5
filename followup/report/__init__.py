"""Facts and decisions as rows: what people and accountants read.

Takes what the store and the planner give. Gives columns and iterators of rows, and lines for pages. Pure: no clock,
no input or output; words for people and values for machines are different columns.
"""
