// Nothing to call: see threads.c.
#pragma once
