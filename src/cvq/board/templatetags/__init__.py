"""What the templates of the board say their own way."""
