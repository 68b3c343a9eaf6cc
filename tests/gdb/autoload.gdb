# An installed library brings the commands along.
# program: names.c
# modes: installed
info tasklets plain
tasklet 2 bt
help tasklet
help info tasklets
help tasklet apply
