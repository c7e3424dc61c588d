"""What is in a data version, in numbers: made once, kept beside it, asked for without the data.

``asking`` is the way in: `profile_of` for whoever needs one, `request` for whoever made a version.
"""
