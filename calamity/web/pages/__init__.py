"""The pages that people see: one file per noun, behind one guard against forged forms."""
