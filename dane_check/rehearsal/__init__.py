"""Before it is published or deployed: candidate records and chains, judged as senders would judge them.

Nothing in here says *protected*: what was not published yet was not validated. The words are *would be*.
"""
