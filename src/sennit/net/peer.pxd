# Compiled without types: what a broadcast costs a peer is the loop itself.
