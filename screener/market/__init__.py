"""Rules of the Shanghai, Shenzhen and Beijing exchanges: small functions over dated tables.

Every number lives in a TOML table beside the code, in a row with `from` (first day in force), `to` (last
day, absent while in force), `source` and `grade`: **P** wording of an exchange, tax or clearing text; **S**
several independent secondary sources; **M** one source or general knowledge; **D** a decision of this engine.
"""
