# SPDX-License-Identifier: Apache-2.0
# Completion of tbgw-spoolctl(1) for fish.

# The words so far that are no options.
function __tbgw_spoolctl_operands
    set -l words (commandline -opc)
    string match -v -- '-*' $words[2..]
end

# The names of the cursors of the spool on the line.
function __tbgw_spoolctl_cursors
    for word in (__tbgw_spoolctl_operands)
        for file in $word/cursor.*
            string replace -r '.*/cursor\.' '' -- $file | string match -v '*.tmp'
        end
    end
end

complete -c tbgw-spoolctl -s h -l help -d 'Print help and exit'
complete -c tbgw-spoolctl -s V -l version -d 'Print the version and exit'
complete -c tbgw-spoolctl -s v -l verbose -d 'Say more'
complete -c tbgw-spoolctl -s q -l quiet -d 'Say errors only'
complete -c tbgw-spoolctl -l config -r -F -d 'Read options from a file'
complete -c tbgw-spoolctl -l stats -x -d 'Print a stats event this often'
complete -c tbgw-spoolctl -l ready-fd -x -d 'Write a newline to this descriptor when ready'
complete -c tbgw-spoolctl -l json -d 'Print JSON, one object a line'
complete -c tbgw-spoolctl -l from -x -d 'Begin with this number'
complete -c tbgw-spoolctl -l to -x -d 'End with this number'
complete -c tbgw-spoolctl -l since -x -d 'Leave out what is older'
complete -c tbgw-spoolctl -l cursor -x -a '(__tbgw_spoolctl_cursors)' -d 'Begin behind this cursor'
complete -c tbgw-spoolctl -l follow -d 'Go on with what is written from now on'
complete -c tbgw-spoolctl -l raw -d 'Print records as they are stored'
complete -c tbgw-spoolctl -l dead -d 'Print the records that were refused'
complete -c tbgw-spoolctl -l with-attributes -d 'Do not leave out attributes'
complete -c tbgw-spoolctl -f -n 'test (count (__tbgw_spoolctl_operands)) -eq 0' -a 'ls stat cat verify repair cursor'
complete -c tbgw-spoolctl -f -n 'test (count (__tbgw_spoolctl_operands)) -eq 1; and contains cursor (__tbgw_spoolctl_operands)' -a 'ls set rm'
complete -c tbgw-spoolctl -f -n 'test (count (__tbgw_spoolctl_operands)) -ge 1; and not contains cursor (__tbgw_spoolctl_operands)' -a '(__fish_complete_directories)'
complete -c tbgw-spoolctl -f -n 'test (count (__tbgw_spoolctl_operands)) -eq 2; and contains cursor (__tbgw_spoolctl_operands)' -a '(__fish_complete_directories)'
complete -c tbgw-spoolctl -f -n 'test (count (__tbgw_spoolctl_operands)) -eq 3; and contains cursor (__tbgw_spoolctl_operands)' -a '(__tbgw_spoolctl_cursors)'
