"""What must hold of a plugin before it may run: small rules, each with the sentence that it answers.

A rule returns None when it holds, else what is wrong and what to do. A plugin that breaks one stops
the boot; it is never skipped in silence.
"""

from .forgetting import forget as forget
from .operations import operation as operation
from .plugins import auth as auth
from .plugins import examples as examples
from .plugins import plugin as plugin
from .plugins import plugin_name as plugin_name
from .plugins import setting as setting
from .resources import resource as resource
