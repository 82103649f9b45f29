"""How often the 90 % posterior intervals of a Bayesian Elman network cover its true parameters.

    python benchmarks/bayesian_coverage.py        # 20 simulated series
    python benchmarks/bayesian_coverage.py 100

Each series is simulated with the same known parameters and another seed, and fitted by NUTS in
PyMC (`pip install pymc`), as in chapter 12 of the course:

    h_t = tanh(w_x u_t + w_h h_{t-1} + b),   y_t = r h_t + noise,   t = 1 … T.
"""

import argparse
import logging
import time

import numpy as np

from rnn_graph.nn import Elman, Recurrent

TRUE = {"w_x": 1.2, "w_h": 0.6, "b": -0.5, "r": 2.0, "sigma": 0.3}
LEVEL = 0.9


def simulate(rng: np.random.Generator, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and outputs of a network with the true parameters: [T], [T]."""
    u = rng.normal(size=steps)
    h, y = 0.0, np.empty(steps)
    for t in range(steps):
        h = np.tanh(TRUE["w_x"] * u[t] + TRUE["w_h"] * h + TRUE["b"])
        y[t] = TRUE["r"] * h + TRUE["sigma"] * rng.normal()
    return u, y


def network_model(u: np.ndarray, y: np.ndarray):
    """Priors and likelihood in PyMC; a positive `w_x` leaves one of the two signs of h."""
    import pymc as pm

    with pm.Model() as model:
        w_x = pm.HalfNormal("w_x", sigma=2)
        w_h = pm.Normal("w_h", sigma=1)
        b = pm.Normal("b", sigma=1)
        r = pm.Normal("r", sigma=2)
        sigma = pm.HalfNormal("sigma", sigma=1)
        weights = {"Wx": w_x[None, None], "Wh": w_h[None, None], "b": b[None]}
        h, _ = Recurrent(Elman(), units=1, inputs=1)(weights, u[:, None])  # [T, 1]
        pm.Normal("y", mu=r * h[:, 0], sigma=sigma, observed=y)
    return model


def fitted(seed: int, steps: int, draws: int):
    """The draws of two chains, for the series of a seed."""
    import pymc as pm

    with network_model(*simulate(np.random.default_rng(seed), steps)):
        # From random places a chain now and then stays where h is stuck near 1, whatever u is.
        return pm.sample(
            draws=draws,
            tune=draws,
            chains=2,
            cores=1,
            init="adapt_diag",
            random_seed=seed,
            progressbar=False,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seeds", type=int, nargs="?", default=20, help="simulated series")
    parser.add_argument("--steps", type=int, default=150, help="T, steps of a series")
    parser.add_argument("--draws", type=int, default=500, help="draws of each of two chains")
    options = parser.parse_args()
    import arviz  # after --help, for which it need not be installed
    import pymc

    logging.getLogger(pymc.__name__).setLevel(logging.WARNING)  # its import sets another level

    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    intervals = {name: [] for name in TRUE}
    largest_rhat, divergences, began = 0.0, 0, time.perf_counter()
    for seed in range(options.seeds):
        trace = fitted(seed, options.steps, options.draws)
        rhats = arviz.rhat(trace)
        largest_rhat = max(largest_rhat, *(float(rhats[name]) for name in TRUE))
        divergences += int(trace["sample_stats"]["diverging"].sum())
        for name in TRUE:
            intervals[name].append(np.quantile(trace["posterior"][name], tails))

    print(f"{options.seeds} series of {options.steps} steps, {LEVEL:.0%} intervals")
    print("parameter  true  covered  share  mean width")
    covered_in_all = 0
    for name, true in TRUE.items():
        low, high = np.transpose(intervals[name])
        covered = int(((low <= true) & (true <= high)).sum())
        covered_in_all += covered
        share = covered / options.seeds
        print(f"{name:9} {true:5.1f}  {covered:7}  {share:5.0%}  {(high - low).mean():10.3f}")
    share = covered_in_all / (options.seeds * len(TRUE))
    print(f"all              {covered_in_all:7}  {share:5.0%}")
    error = np.sqrt(LEVEL * (1 - LEVEL) / options.seeds)
    print(f"expected of each parameter: {LEVEL:.0%}, standard error {error:.1%}")
    print(f"largest r-hat {largest_rhat:.3f}, divergences {divergences}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
