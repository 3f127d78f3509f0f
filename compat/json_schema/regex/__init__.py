"""Regular expressions of ECMA-262 as languages: inclusion, and the shortest string that proves a difference."""
