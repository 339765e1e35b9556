"""The pages for people, in English and Chinese, without a line of JavaScript.

The catalogue, signing in and the state of an action are at the root; each plugin has its own page, and
pages of its own making are shown in the same frame.
"""

from .install import install as install
