"""An AWS that the scenarios can fill, age, throttle and break: moto's server, with what moto lacks.

Enters: HTTP requests to 127.0.0.1. Leaves: answers in AWS's wire formats. Each module below corrects one service; a
correction names the behaviour of AWS that moto's differs from. `gate` is the scenarios' own handle.
Absent: signatures, and any judgement of whether a caller has a right; faults of that kind are microburst's.

Moto's internals are leaned on, so that its version is pinned and `test_emulator.py` reads every member back. What a module
adds follows AWS's documentation and service models: it is a reading of them, and no evidence of what AWS does.
"""
