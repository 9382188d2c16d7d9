"""From a copy id to a codeword and back: message (check, MAC) and convolutional code."""
