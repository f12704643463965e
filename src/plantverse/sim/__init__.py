"""A plant that does not exist, for demonstrations and load: its types, its behaviour and its MQTT publisher."""
