"""The workloads of a comparison with other task systems, run on ours as its users get it.

    python -m tests.bench [W0 W1 … W9] [--repeat 3] [--out FILE] [--quick] [--full]
    python -m tests.bench.peers          ours beside its peers, by turns (make bench-peers)
    python -m tests.bench.sync           NATS that syncs always, against once a second
    python -m tests.bench.profile        where the time goes, by py-spy

    W0  idle            what the system costs while nothing happens
    W1  throughput      no-op runs, asked for over the API, until their final rows are stored
    W2  herd            one-shot tasks that are all due in the same second
    W3  punctuality     200 tasks every second, for 20 s
    W4  load            a scheduler that comes up to 100,000 or 1,000,000 tasks
    W5  latency         from "run now" to the start of the action, ten times a second
    W6  matching        events against 10,000 triggered tasks, until the runs they start are stored
    W7  reaction        from an event to the start of the action, over HTTP and over NATS
    W8  admission       no-op runs of a task of which only ten may be live at once
    W9  priorities      a herd of all priorities while all slots are taken: who starts when

Each is measured from the outside: HTTP in, the action's own records (`marks`) and rows of the
database out. The names of the figures are those of the comparison, so that both can stand side by
side. A figure taken on a busy machine says little: a run waits for a quiet moment, and the share of
other people's processes is noted with it.
"""
