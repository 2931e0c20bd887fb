"""The frozen types that cross the seams of sizing and pricing (DESIGN §5). Pure: no Django.

Bytes are int, money is Decimal, rates are operations or bytes per second as float. None means not known, never zero.
Tags say where a figure comes from: `measured`, `recorded`, `assumed`, `published`, `derived`.
"""
