"""What the templates show: frozen values, ready to print, built from the service layer by the modules around these.

Whatever a template prints is here in the words it is printed in; templates choose no words from data and ask nothing.
"""
