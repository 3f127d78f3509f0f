"""Protocol Buffers: proto2, proto3 and editions, by way of the real protoc."""
