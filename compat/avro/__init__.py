"""Apache Avro, as its specification 1.12 has it."""
