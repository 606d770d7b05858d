"""Links one table of customers with Splink, in the style of its documentation, and measures it.

    python link.py records.csv clusters.csv [how many single records]

Reads a CSV with the columns unique_id, given_name, surname, dob, street, city, postcode, email and phone; writes one line
`unique_id,cluster` for each record; prints one JSON object of seconds. DuckDB, two threads.
"""

import json
import sys
import time

begun = time.perf_counter()

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLDS = [0.5, 0.8, 0.95, 0.99, 0.999, 0.9999]


def settings():
    return SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname", "city"),
            block_on("surname", "dob"),
            block_on("given_name", "dob"),
            block_on("dob", "postcode"),
            block_on("surname", "postcode"),
            block_on("email"),
            block_on("phone"),
        ],
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.JaroWinklerAtThresholds("street", [0.9, 0.7]),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("postcode", [1]),
            cl.EmailComparison("email"),
            cl.LevenshteinAtThresholds("phone", [1]),
        ],
        retain_matching_columns=False,
    )


def main(records, clusters, singles):
    times = {"imports": time.perf_counter() - begun}
    lap = time.perf_counter()

    def told(name):
        nonlocal lap
        now = time.perf_counter()
        times[name] = now - lap
        lap = now

    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 2")
    connection.execute(
        "CREATE TABLE records AS SELECT * FROM read_csv(?, header = true, all_varchar = true, nullstr = '')", [records]
    )
    api = DuckDBAPI(connection=connection)
    table = api.register("records")
    linker = Linker(table, settings(), log_level="ERROR")
    told("load")

    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("given_name", "surname", "dob"), block_on("email")], recall=0.6
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    # The names are too common to be blocked on alone: seven million pairs of 100,000 records.
    training.estimate_parameters_using_expectation_maximisation(block_on("dob"))
    training.estimate_parameters_using_expectation_maximisation(block_on("email"))
    told("train")

    predictions = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    told("predict")

    # One clustering is what a user runs; the others are to choose the best threshold with, and do not count.
    find = linker.clustering.cluster_pairwise_predictions_at_threshold
    found = {0.95: find(predictions, threshold_match_probability=0.95)}
    told("cluster")
    times["whole"] = sum(times[part] for part in ("load", "train", "predict", "cluster"))
    for threshold in THRESHOLDS:
        if threshold not in found:
            found[threshold] = find(predictions, threshold_match_probability=threshold)
    with open(clusters, "w") as file:
        for threshold, frame in sorted(found.items()):
            rows = connection.execute(f"SELECT unique_id, cluster_id FROM {frame.physical_name}").fetchall()
            for record, cluster in rows:
                file.write(f"{threshold},{record},{cluster}\n")

    # One record against the whole table, as one that comes in later; it must not find itself.
    for column in ("given_name", "surname", "city"):
        linker.table_management.compute_tf_table(column)
    some = connection.execute(
        f"SELECT unique_id FROM records USING SAMPLE reservoir({singles} ROWS) REPEATABLE (1)"
    )
    times["one"] = []
    for number, (record,) in enumerate(some.fetchall()):
        name = f"one_{number}"
        connection.execute(
            f"CREATE TABLE {name} AS SELECT * REPLACE ('new' AS unique_id) FROM records WHERE unique_id = '{record}'"
        )
        one = api.register(name)
        start = time.perf_counter()
        result = linker.inference.predict_between(table, one, threshold_match_probability=0.2, warning_mode="never")
        connection.execute(f"SELECT count(*) FROM {result.physical_name}").fetchall()
        times["one"].append(time.perf_counter() - start)
    print(json.dumps(times))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 50)
