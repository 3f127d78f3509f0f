"""What is sent to others about what happens here.

message     an entry of the log as a CloudEvent, and its signature
sending     one request to a webhook, and the handshake before the first
"""
