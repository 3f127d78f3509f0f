"""What is sent to others about what happens here, and where to: pure.

message     an entry of the log as a CloudEvent, and its signature
"""
