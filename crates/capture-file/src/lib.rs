//! Streaming readers and writers of pcap and pcapng.
