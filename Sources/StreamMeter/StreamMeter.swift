// StreamMeter
