"""What tinyrob measures of itself: costs, accuracy under attack, speed of training."""
