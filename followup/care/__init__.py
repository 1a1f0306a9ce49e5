"""The records of a relationship: what each kind holds, and what follows from one.

Takes and gives plain values. Touches nothing.
"""
