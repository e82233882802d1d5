"""What keeps deep networks trainable, and keeps large ones from learning the noise."""
