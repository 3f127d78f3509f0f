"""The Confluent protocol at the root and lineal's own API under ``/api/v1``: handlers of three steps, no try."""
